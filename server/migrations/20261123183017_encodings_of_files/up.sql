-- runs-with: >=0.1.0
ALTER TABLE "files" ADD COLUMN "encoding" text;
